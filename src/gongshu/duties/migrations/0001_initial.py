import django.db.models.deletion
import gongshu.duties.states
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('identity', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CaseCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=8)),
                ('day', models.DateField()),
                ('last', models.PositiveIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('prefix', 'day'), name='duties_one_counter_a_day')],
            },
        ),
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60)),
                ('subject', models.CharField(max_length=64)),
                ('title_zh', models.CharField(max_length=300)),
                ('title_en', models.CharField(max_length=300)),
                ('link', models.CharField(blank=True, max_length=200)),
                ('role', models.CharField(max_length=20)),
                ('applicant', models.CharField(blank=True, max_length=200)),
                ('opened_at', models.DateTimeField()),
                ('starts_on', models.DateField()),
                ('days', models.PositiveIntegerField(blank=True, null=True)),
                ('words_zh', models.CharField(blank=True, max_length=100)),
                ('words_en', models.CharField(blank=True, max_length=100)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('provisional', models.BooleanField(default=False)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('citations', models.JSONField(default=list)),
                ('status', models.CharField(choices=[('open', 'open'), ('overdue', 'overdue'), ('done', 'done'), ('cancelled', 'cancelled')], default=gongshu.duties.states.DutyStatus['OPEN'], max_length=12)),
                ('reminded_at', models.DateTimeField(blank=True, null=True)),
                ('escalated_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_late', models.BooleanField(default=False)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='identity.organization')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['organization', 'status', 'due_on'], name='duties_duty_organiz_478c37_idx'), models.Index(fields=['status', 'due_on'], name='duties_duty_status_6f48b0_idx'), models.Index(fields=['subject'], name='duties_duty_subject_b57542_idx')],
            },
        ),
    ]
